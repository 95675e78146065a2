"""The OpenTimestamps library of its authors, as a command for the interoperability tests (tests/anchors.rs).

  read         a detached proof on standard input: its digest and its attestations as JSON
  write HEX    a detached proof of this digest, with forks, a promise and blocks, to standard output
  answer HEX   a calendar's answer about this message, to standard output
  version
"""

import json
import sys
from importlib.metadata import version

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpHexlify, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp


def described(message, attestation):
    what = {"message": message.hex()}
    if isinstance(attestation, PendingAttestation):
        what["uri"] = attestation.uri
    elif isinstance(attestation, BitcoinBlockHeaderAttestation):
        what["height"] = attestation.height
    return what


def grow(stamp):
    """Some of everything: two branches, one with a promise that came to a block."""
    left = stamp.ops.add(OpAppend(bytes(range(16)))).ops.add(OpSHA256()).ops.add(OpPrepend(b"\x05" * 4))
    left.attestations.add(PendingAttestation("https://alice.example.org"))
    left.ops.add(OpSHA256()).attestations.add(BitcoinBlockHeaderAttestation(358391))
    right = stamp.ops.add(OpHexlify()).ops.add(OpSHA256())
    right.attestations.add(PendingAttestation("https://bob.example.org/calendar"))
    right.attestations.add(BitcoinBlockHeaderAttestation(300))
    return stamp


def write(thing):
    context = BytesSerializationContext()
    thing.serialize(context)
    sys.stdout.buffer.write(context.getbytes())


command = sys.argv[1]
if command == "version":
    print("opentimestamps", version("opentimestamps"))
elif command == "read":
    proof = DetachedTimestampFile.deserialize(BytesDeserializationContext(sys.stdin.buffer.read()))
    ends = [described(message, attestation) for message, attestation in proof.timestamp.all_attestations()]
    print(json.dumps({"digest": proof.file_digest.hex(), "operation": proof.file_hash_op.TAG_NAME, "ends": ends}))
elif command == "write":
    write(DetachedTimestampFile(OpSHA256(), grow(Timestamp(bytes.fromhex(sys.argv[2])))))
elif command == "answer":
    write(grow(Timestamp(bytes.fromhex(sys.argv[2]))))
