"""The office system (OA) of a court: confirmation applications go out, the review and the ruling come back."""
