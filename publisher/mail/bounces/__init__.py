"""What came back by mail (B1): the bytes of one message to a Report. Pure; reads any bytes, at most 1 MB of them, in
linear time, and raises nothing.

    a reader complains       feedback   RFC 5965
    a server reports         status     RFC 3464, RFC 6533; then `table`
    ... in its own form      notice     texts; then `table`; then `fallback`
    a program answers        senders    RFC 3834
    somebody leaves, writes  senders
"""

from publisher.mail.bounces.read import addressed, read

__all__ = ["addressed", "read"]
