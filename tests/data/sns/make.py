"""Makes the certificates and the signed messages beside this file, with OpenSSL.

A root, an intermediate that it signed, and a certificate for SNS that the intermediate signed, as Amazon has them; and messages
of signature version 1 (SHA-1), which nothing in Rust here can sign. Keys of the authorities are thrown away. The certificates
are valid for a hundred years from when they are made, which must be before 2026-11-25T10:00:00Z: the messages are of then, when
the world of the tests begins.

    python3 tests/data/sns/make.py
"""

import base64
import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
HOST = "https://sns.eu-west-1.amazonaws.com"
VALID = ["-days", "36500"]

LEAF = """
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth
subjectAltName=DNS:sns.amazonaws.com
authorityInfoAccess=caIssuers;URI:http://crt.test.amazontrust.com/test.cer
"""
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *map(str, words)], input=stdin, check=True, capture_output=True).stdout


def certificate(folder, name, subject, extensions, issuer):
    key, request, config = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.ext"
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
    config.write_text(extensions)
    signer = folder / f"{issuer}.key"
    above = ["-signkey", signer] if issuer == name else ["-CA", folder / f"{issuer}.pem", "-CAkey", signer]
    openssl("x509", "-req", "-sha256", "-in", request, *above, "-extfile", config, *VALID, "-out", folder / f"{name}.pem")


def message(name, key, fields):
    signed = [field for field in sorted(fields) if field not in ("Type",)] + ["Type"]
    text = "".join(f"{field}\n{fields[field]}\n" for field in signed)
    signature = openssl("dgst", "-sha1", "-sign", key, stdin=text.encode())
    envelope = fields | {
        "SignatureVersion": "1",
        "Signature": base64.b64encode(signature).decode(),
        "SigningCertURL": f"{HOST}/SimpleNotificationService-test.pem",
    }
    (HERE / f"{name}.json").write_text(json.dumps(envelope, indent=2) + "\n")


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        certificate(folder, "root", "/O=Test/CN=Test root", AUTHORITY, "root")
        certificate(folder, "intermediate", "/O=Test/CN=Test RSA 2048", AUTHORITY, "root")
        certificate(folder, "sns", "/CN=sns.amazonaws.com", LEAF, "intermediate")
        for name in ("root.pem", "intermediate.pem", "sns.pem", "sns.key"):
            (HERE / name).write_text((folder / name).read_text())
        common = {"MessageId": "8a1c", "TopicArn": TOPIC, "Timestamp": "2026-11-25T10:00:00.000Z"}
        words = {"Type": "Notification", "Message": "Ümläuts and\nlines."}
        message("notification", HERE / "sns.key", common | words)
        message("notification-with-subject", HERE / "sns.key", common | words | {"Subject": "A subject"})
        confirm = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336"
        asked = {"Message": "Visit the SubscribeURL.", "Token": "2336", "SubscribeURL": confirm}
        message("subscription", HERE / "sns.key", common | asked | {"Type": "SubscriptionConfirmation"})
        message("unsubscribed", HERE / "sns.key", common | asked | {"Type": "UnsubscribeConfirmation"})


if __name__ == "__main__":
    main()
