"""The dialect of local mediation centres (矛调中心、综治中心): signed JSON batches in, single signed records out."""
