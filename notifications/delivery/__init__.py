"""From what is to be sent to what became of it.

A delivery is claimed, and the claim committed, before anything leaves; what providers answer is written in small
groups. So whatever happens to a sender, each delivery is known to be unsent, or sent, or unknown; it is never sent
twice without a decision (`consequences`), and then under the same identifiers.

`sending` goes through the steps: `claiming` takes what is due as far as the `gate` of its transport lets it through,
`rechecking` drops what makes no sense any more, `messages` finds the words (and `emails` longer ones), and `recording`
writes what the answers mean: for the delivery `consequences`, for the device `retiring`, for the transport `gate`.
`upkeep` sees to what is left behind.
"""
