"""A text as a picture that telephones read."""

import segno


def as_svg_uri(text: str) -> str:
    """A QR code as a `data:image/svg+xml` URI, ready for `<img src>`. Correction level M; a margin of four modules."""
    picture: str = segno.make_qr(text, error="m").svg_data_uri(scale=4, border=4, light="white")
    return picture
