"""A municipal dispute platform in the manner of 易调: XML comes in, forms with JSON go out, both signed."""
