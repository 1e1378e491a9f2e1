"""From what is to be sent to what became of it.

A delivery is claimed, and the claim committed, before anything leaves; what providers answer is written in small
groups. So whatever happens to a sender, each delivery is known to be unsent, or sent, or unknown; it is never sent
twice without a decision (`consequences`), and then under the same identifiers.
"""
