"""The journal's files: what was written is read back, whatever happened to the end of them."""

# pyright: reportPrivateUsage=false
# How much room is spare, no reader sees.

import resource
import subprocess
import sys
from pathlib import Path
from struct import pack
from zlib import crc32

import pytest
from hypothesis import given, settings, strategies as st

from oneapi.ledger import journal as journal_module
from oneapi.ledger.journal import (
    HEADER_SIZE,
    LONGEST_RECORD,
    PROMISE,
    Journal,
    Position,
    Reader,
    SlotLock,
    drop_before,
    is_free,
    sequences,
    slots,
)

BEGIN = Position(0, 0)


def write(folder: Path, *payloads: bytes, seq: int = 1) -> Path:
    journal = Journal(folder, 0, seq)
    for payload in payloads:
        journal.append(payload)
    journal.close()
    return folder / f"0-{seq}.log"


def everything(folder: Path) -> list[bytes]:
    return Reader(folder, 0).read(BEGIN, None, 10**6).payloads


def test_records_are_read_back_in_batches(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, 1)
    payloads = [f"record {n}".encode() for n in range(10)]
    for payload in payloads:
        journal.append(payload)
    reader = Reader(tmp_path, 0)
    place, found = BEGIN, list[bytes]()
    while records := reader.read(place, journal.position, 3).payloads:
        found += records
        place = reader.read(place, journal.position, 3).end
    journal.close()
    assert found == payloads
    assert place == journal.position


def test_a_living_journal_is_read_up_to_the_limit(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, 1)
    journal.append(b"one")
    limit = journal.position
    journal.append(b"two")
    journal.close()
    records = Reader(tmp_path, 0).read(BEGIN, limit, 10)
    assert records.payloads == [b"one"]
    assert records.end == limit


def test_a_file_that_somebody_deleted_does_not_stop_the_reader(tmp_path: Path) -> None:
    records = Reader(tmp_path, 0).read(BEGIN, Position(3, 17), 10)
    assert records == ([], Position(3, 17), 0)


def test_a_journal_cut_at_any_byte_keeps_every_whole_record(tmp_path: Path) -> None:
    payloads = [b"first", b"second record", b"3"]
    whole = write(tmp_path, *payloads).read_bytes()
    ends = [sum(HEADER_SIZE + len(p) for p in payloads[:n]) for n in range(4)]
    for length in range(len(whole) + 1):
        (tmp_path / "0-1.log").write_bytes(whole[:length])
        count = sum(end <= length for end in ends[1:])
        records = Reader(tmp_path, 0).read(BEGIN, None, 10)
        assert records.payloads == payloads[:count]
        torn = whole[ends[count] : length].rstrip(b"\0")  # zeros may be room that was not used
        assert records.skipped_bytes == len(torn)
        assert records.end == Position(1, length)


def test_a_torn_end_does_not_hide_the_next_file(tmp_path: Path) -> None:
    path = write(tmp_path, b"one", b"torn")
    path.write_bytes(path.read_bytes()[:-2])
    write(tmp_path, b"two", seq=2)
    assert everything(tmp_path) == [b"one", b"two"]


def test_a_damaged_record_is_skipped_alone(tmp_path: Path) -> None:
    path = write(tmp_path, b"one", b"two", b"three")
    whole = bytearray(path.read_bytes())
    whole[HEADER_SIZE + 3 + 4] ^= 1
    path.write_bytes(whole)
    assert everything(tmp_path) == [b"one", b"three"]


@pytest.mark.parametrize("size", [100, 5 * LONGEST_RECORD])
def test_a_tail_of_zeros_is_room_that_was_not_used(tmp_path: Path, size: int) -> None:
    path = write(tmp_path, b"one")
    with path.open("ab") as file:
        file.write(bytes(size))
    write(tmp_path, b"two", seq=2)
    records = Reader(tmp_path, 0).read(BEGIN, None, 10)
    assert records.payloads == [b"one", b"two"]
    assert records.skipped_bytes == 0


@pytest.mark.parametrize("zeros", [1, 2, 3, 4, 100, 2 * LONGEST_RECORD, 3 * LONGEST_RECORD + 1])
@pytest.mark.parametrize("length", [1, 255, 256, 65_535, 65_536, LONGEST_RECORD])
def test_zeros_amid_records_are_a_loss_that_hides_nothing_else(
    tmp_path: Path, zeros: int, length: int
) -> None:
    payload = b"x" * length
    path = write(tmp_path, b"one", payload)
    whole = path.read_bytes()
    path.write_bytes(whole[: HEADER_SIZE + 3] + bytes(zeros) + whole[HEADER_SIZE + 3 :])
    records = Reader(tmp_path, 0).read(BEGIN, None, 10)
    assert records.payloads == [b"one", payload]
    assert records.skipped_bytes == zeros


def test_an_absurd_length_is_no_record(tmp_path: Path) -> None:
    path = write(tmp_path, b"one")
    huge = bytes(LONGEST_RECORD + 1)
    with path.open("ab") as file:
        file.write(pack("<II", len(huge), crc32(huge)) + huge[:1000])
    write(tmp_path, b"two", seq=2)
    assert everything(tmp_path) == [b"one", b"two"]


def test_records_that_straddle_reads_are_whole(tmp_path: Path) -> None:
    payloads = [bytes([65 + n]) * (LONGEST_RECORD - n) for n in range(5)]
    payloads.insert(1, b"B" * 1000)
    path = write(tmp_path, *payloads)
    assert everything(tmp_path) == payloads
    damaged = bytearray(path.read_bytes())
    damaged[HEADER_SIZE + LONGEST_RECORD + 4] ^= 1  # the second record's checksum
    path.write_bytes(damaged)
    assert everything(tmp_path) == [payloads[0], *payloads[2:]]


@settings(max_examples=200, deadline=None)
@given(
    payloads=st.lists(st.binary(min_size=1, max_size=40), max_size=12),
    cut=st.integers(0, 700),
    most=st.integers(1, 5),
)
def test_whole_records_survive_any_cut(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], cut: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    path = write(folder, *payloads)
    path.write_bytes(path.read_bytes()[:cut])
    reader, place, found = Reader(folder, 0), BEGIN, list[bytes]()
    while (records := reader.read(place, None, most)).end != place:
        found += records.payloads
        place = records.end
    sizes = [HEADER_SIZE + len(payload) for payload in payloads]
    count = sum(sum(sizes[: n + 1]) <= cut for n in range(len(sizes)))
    assert found == payloads[:count]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_what_was_promised_fits_into_what_was_allocated(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal, size = Journal(folder, 0, 1, rotate_at=3000), 3000
    promises = 0
    for action in data.draw(st.lists(st.sampled_from(["take", "write", "room"]), max_size=40)):
        if action == "room":
            journal.add(journal.make_segment(journal.claim()))
        elif action == "take" and journal.room >= PROMISE:
            journal.room -= PROMISE
            promises += 1
        elif action == "write" and promises:
            _fulfil(journal, data.draw(st.integers(1, PROMISE - HEADER_SIZE)))
            promises -= 1
        files = 1 + len(journal._spares)
        assert journal.room == size * files - journal.size - promises * PROMISE
    for _ in range(promises):
        _fulfil(journal, PROMISE - HEADER_SIZE)
    assert {path.stat().st_size for path in folder.iterdir()} == {size + PROMISE}
    journal.close()


def _fulfil(journal: Journal, length: int) -> None:
    assert journal.append(b"x" * length)
    journal.room += PROMISE


def test_a_full_file_is_followed_by_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, 5, rotate_at=30)
    payloads = [f"record {n}".encode() for n in range(10)]
    for payload in payloads:
        if journal.wants_room:
            journal.add(journal.make_segment(journal.claim()))
        journal.append(payload)
    assert sequences(tmp_path, 0) == [5, 6, 7, 8, 9, 10]
    assert everything(tmp_path) == payloads
    journal.sync(journal.unsynced())
    assert journal.unsynced() == []
    journal.close()
    drop_before(tmp_path, 0, 9)
    assert sequences(tmp_path, 0) == [9, 10]


def test_a_next_file_that_cannot_be_made_does_not_lose_a_record(tmp_path: Path) -> None:
    (tmp_path / "0-2.log").mkdir()
    journal = Journal(tmp_path, 0, 1, rotate_at=10)
    assert not journal.extend()
    assert isinstance(journal.refusal, FileExistsError)
    journal.append(b"first of many")
    journal.append(b"second")
    assert journal.position == Position(1, 2 * HEADER_SIZE + 19)
    assert not journal.is_blocked
    journal.close()
    (tmp_path / "0-2.log").rmdir()
    assert everything(tmp_path) == [b"first of many", b"second"]


def test_a_disk_that_takes_half_a_record_gets_it_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, 1)
    journal.append(b"one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.position.position + 12, before[1]))
    try:
        for payload in (b"a longer record", b"three"):
            assert not journal.append(payload)
            journal.keep(payload)
        journal.retry()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert journal.is_blocked
    assert not journal.extend()
    assert everything(tmp_path) == [b"one"]
    room = journal.room
    journal.retry()
    assert not journal.is_blocked
    assert journal.refusal is None
    assert journal.room > room
    assert journal.extend()
    assert everything(tmp_path) == [b"one", b"a longer record", b"three"]
    journal.close()


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, 1)
    journal.close()
    with pytest.raises(OSError, match="descriptor"):
        journal.append(b"late")


def test_a_file_is_never_written_by_two(tmp_path: Path) -> None:
    Journal(tmp_path, 0, 1).close()
    with pytest.raises(FileExistsError):
        Journal(tmp_path, 0, 1)


def test_a_slot_has_one_owner(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    first = SlotLock.take(folder, 0)
    assert first is not None
    assert SlotLock.take(folder, 0) is None
    assert not is_free(folder, 0)
    assert is_free(folder, 1)
    first.release()
    assert is_free(folder, 0)


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from oneapi.ledger.journal import SlotLock;"
        "lock = SlotLock.take(Path(sys.argv[1]), 0); print('taken', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as other:  # pyright: ignore[reportCallIssue, reportArgumentType]
        assert other.stdout is not None
        assert other.stdout.readline() == b"taken\n"
        assert not is_free(tmp_path, 0)
        other.kill()
        other.wait()
    assert is_free(tmp_path, 0)


def test_foreign_files_are_not_journals(tmp_path: Path) -> None:
    write(tmp_path, b"one", seq=3)
    for name in ("x-1.log", "0-x.log", "0-1.log.old", "-.log"):
        (tmp_path / name).touch()
    assert slots(tmp_path) == [0]
    assert sequences(tmp_path, 0) == [3]
    assert journal_module.slots(tmp_path / "nowhere") == []
