"""HTTP/1.1 without sockets: bytes in, requests or one protocol error out; responses to bytes.

The rule of this package: what a byte sequence leads to does not depend on how it was split over
packets. So a head is judged only when it is complete; of an incomplete one nothing is looked at
but what no further byte could mend: a stray control character, or a limit that is passed.

Strict where servers differ (RFC 9112, with the section beside each rule), because whatever two
servers in a row read differently is a way to smuggle a request. Left out on purpose: HTTP/0.9,
folded header lines, every transfer coding but `chunked`, `Upgrade`, and the use of trailers.
"""
