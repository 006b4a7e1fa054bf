"""Keys for tests."""

import base64

OLD = "k1:" + base64.b64encode(b"a" * 32).decode()
NEW_AES = "k2:" + base64.b64encode(b"n" * 32).decode()
NEW_SM4 = "gm1:" + base64.b64encode(b"g" * 16).decode()
