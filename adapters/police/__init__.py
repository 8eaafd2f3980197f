"""police: the systems of police stations (派出所), reached by SOAP or across a one-way gate."""
