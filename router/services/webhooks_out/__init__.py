"""Webhooks: other programs are told of facts as they happen.

`following` notes calls down from the outbox, `emitting` what rules say of their own. `sending`
says what a call becomes on its way, `keeping` is what admins do. `runtime.webhook_sender` posts.
"""
