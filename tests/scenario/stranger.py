#!/usr/bin/env python3
"""A client that knows nothing of TalkBeat but PROTOCOL.md, and a raw socket.

It reads the tables of messages from that page when it starts, and encodes Protocol Buffers by hand: what passes here
can be written from the page alone. As a script it walks through everything that two people need, one line a step:

    stranger.py --login-http 127.0.0.1:8080 --login-pdu 127.0.0.1:8008 --user-a ann --user-b bob --password pw

As a module:

    ann = Stranger("127.0.0.1", 8200)
    me = ann.log_in("ann", "pw")["user_info"]["user_id"]
    seq = ann.send("IMClientTimeReq", {})
    print(ann.expect("IMClientTimeRsp", seq=seq)["server_time"])

Every wait has a deadline; whatever is wrong raises Failure.
"""

import argparse
import hashlib
import json
import os
import random
import re
import socket
import sys
import time

from protocol_page import HEADER, Failure, protocol

MAX_PDU = 2 << 20
TIMEOUT = 10.0


class Stranger:
    """One connection. `chunk`: how many bytes a write may have at most; 0: no limit."""

    def __init__(self, host, port, chunk=0, timeout=TIMEOUT):
        self.timeout = timeout
        self.chunk = chunk
        self.seq = 0
        self.user_id = 0
        self.inbox = []  # (name, seq, fields, body) in the order of arrival
        self.buffer = b""
        self.socket = socket.create_connection((host, int(port)), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def next_seq(self):
        self.seq = self.seq % 65535 + 1
        return self.seq

    def write(self, data):
        self.socket.settimeout(self.timeout)
        step = self.chunk or len(data)
        for at in range(0, len(data), step):
            self.socket.sendall(data[at : at + step])

    def send(self, name, values, seq=None):
        seq = self.next_seq() if seq is None else seq
        self.write(protocol().pdu(name, values, seq))
        return seq

    def expect(self, name, timeout=None, seq=None):
        """The first PDU of that name (and seq_num) that came or comes; others are kept. A refusal is a Failure."""
        return self.expect_raw(name, timeout, seq)[2]

    def expect_raw(self, name, timeout=None, seq=None):
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        looked_at = 0
        while True:
            for index in range(looked_at, len(self.inbox)):
                got = self.inbox[index]
                if got[0] == name and seq in (None, got[1]):
                    return self.inbox.pop(index)
                if got[0] == "TbError" and seq is not None and got[2]["seq_num"] == seq:
                    raise Failure(f"refused: {got[2]}")
            looked_at = len(self.inbox)
            if not self.receive(deadline):
                raise Failure(f"closed by the server, instead of {name}; came before: {self.inbox[-3:]}")

    def ask(self, request, values, answer):
        return self.expect(answer, seq=self.send(request, values))

    def receive(self, deadline):
        """Reads until there is one PDU more. False: the server has closed the connection."""
        while True:
            if len(self.buffer) >= HEADER.size:
                length = HEADER.unpack_from(self.buffer)[0]
                if not HEADER.size <= length <= MAX_PDU:
                    raise Failure(f"a PDU of length {length}")
                if len(self.buffer) >= length:
                    pdu, self.buffer = self.buffer[:length], self.buffer[length:]
                    self._keep(pdu)
                    return True
            data = self._read(deadline)
            if not data:
                return False
            self.buffer += data

    def _read(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failure(f"no answer in time; came: {self.inbox[-3:]}")
        self.socket.settimeout(left)
        try:
            return self.socket.recv(65536)
        except socket.timeout:
            raise Failure(f"no answer in time; came: {self.inbox[-3:]}") from None
        except ConnectionError:
            return b""

    def _keep(self, pdu):
        _, version, flag, service, command, seq, reserved = HEADER.unpack_from(pdu)
        if (version, flag, reserved) != (1, 0, 0) or service != command >> 8:
            raise Failure(f"a strange header: {pdu[: HEADER.size].hex(' ')}")
        name = protocol().name_of.get(command)
        if name:  # what is not known is skipped
            self.inbox.append((name, seq, protocol().decode(name, pdu[HEADER.size :]), pdu[HEADER.size :]))

    def expect_close(self, timeout=None):
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while self.receive(deadline):
            pass

    def log_in(self, user, password, client_type="CLIENT_TYPE_WINDOWS"):
        digest = hashlib.md5(password.encode()).hexdigest()
        login = {"user_name": user, "password": digest, "online_status": "USER_STATUS_ONLINE"}
        login |= {"client_type": client_type, "client_version": "stranger"}
        answer = self.ask("IMLoginReq", login, "IMLoginRes")
        if answer["result_code"] != protocol().values["REFUSE_REASON_NONE"]:
            raise Failure(f"login of {user} refused: {answer}")
        self.user_id = answer["user_info"]["user_id"]
        return answer


def require(condition, *seen):
    if not condition:
        raise Failure("got " + " ".join(repr(thing) for thing in seen))


def discover_by_http(address):
    """(code, [(host, port), …]) from login_server's HTTP port, spoken by hand."""
    with socket.create_connection(address, TIMEOUT) as connection:
        connection.settimeout(TIMEOUT)
        connection.sendall(b"GET /msg_server HTTP/1.1\r\nHost: login\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    require(re.match(rb"HTTP/1\.[01] 200 ", head), answer)
    found = json.loads(body)
    require(isinstance(found["port"], str), found)
    return found["code"], [(found["priorIP"], int(found["port"] or 0)), (found["backupIP"], int(found["port"] or 0))]


def discover_by_pdu(address, chunk=0):
    client = Stranger(*address, chunk=chunk)
    answer = client.ask("IMMsgServReq", {}, "IMMsgServRsp")
    client.expect_close()
    client.close()
    port = answer.get("port", 0)
    return answer["result_code"], [(answer.get("prior_ip"), port), (answer.get("backip_ip"), port)]


class Walk:
    """What the script does: the steps are its methods, in the order of `steps`."""

    EARLY = """IMRecentContactSessionReq IMUsersInfoReq IMRemoveSessionReq IMAllUserReq IMUsersStatReq IMMsgData
        IMMsgDataAck IMMsgDataReadAck IMClientTimeReq IMUnreadMsgCntReq IMGetMsgListReq IMGetLatestMsgIdReq
        IMGetMsgByIdReq IMKickPCClientReq""".split()

    def __init__(self, options):
        self.options = options
        self.place = {"a": options.msg_a, "b": options.msg_b}
        self.a = self.b = None
        self.text = os.urandom(16).hex().encode()
        self.key = random.getrandbits(64)
        self.base = 0  # the newest msg_id before this walk
        self.newest = 0

    def steps(self):
        chosen = [self.discovers_by_http, self.discovers_by_pdu, self.is_refused_before_login, self.logs_in]
        chosen += [self.heartbeats_are_echoed, self.starts_with_all_read, self.sends_and_is_acked]
        chosen += [self.receives_and_acks, self.a_resend_has_the_same_id, self.unread_is_one]
        chosen += [self.read_is_zero, self.resend_came_once]
        chosen += [self.recent_sessions, self.lists_messages, self.gets_by_id, self.gets_the_latest_id]
        chosen += [self.server_time, self.users_info, self.all_users, self.users_status]
        return chosen + [self.pipelines] * (self.options.pipeline > 0) + [self.logs_out]

    def conversation(self, who, peer):
        return {"user_id": who.user_id, "session_type": "SESSION_TYPE_SINGLE", "session_id": peer.user_id}

    def message(self, text, key):
        # The forged fields are the server's to overwrite, attach_data is its to drop.
        forged = {"from_user_id": self.b.user_id, "msg_id": 77, "create_time": 1, "attach_data": b"x"}
        return {**forged, "to_session_id": self.b.user_id, "msg_type": "MSG_TYPE_SINGLE_TEXT", "msg_data": text,
                "client_msg_key": key}  # fmt: skip

    def unread_of_a(self):
        answer = self.b.ask("IMUnreadMsgCntReq", {"user_id": self.b.user_id}, "IMUnreadMsgCntRsp")
        require(answer["total_cnt"] == sum(info["unread_cnt"] for info in answer["unreadinfo_list"]), answer)
        return next((info for info in answer["unreadinfo_list"] if info["session_id"] == self.a.user_id), None)

    def read_up_to(self, msg_id):
        """A read ack has no answer, so ask until it shows."""
        self.b.send("IMMsgDataReadAck", {**self.conversation(self.b, self.a), "msg_id": msg_id})
        deadline = time.monotonic() + TIMEOUT
        while left := self.unread_of_a():
            require(time.monotonic() < deadline, left)
            time.sleep(0.02)

    def expect_ack(self, seq):
        ack = self.a.expect("IMMsgDataAck", seq=seq)
        require(ack["session_id"] == self.b.user_id and ack["user_id"] == self.a.user_id, ack)
        return ack["msg_id"]

    def expect_delivery(self, text, msg_id):
        got = self.b.expect("IMMsgData")
        require(got["msg_id"] == msg_id and got["msg_data"] == text, got)
        require(got["from_user_id"] == self.a.user_id and got["to_session_id"] == self.b.user_id, got)
        require("attach_data" not in got and got["create_time"] > 1_000_000_000, got)
        return got

    def discovers_by_http(self):
        code, places = discover_by_http(self.options.login_http)
        require(code == 0 and places[0][0] and places[0][1], code, places)
        self.place["a"] = self.place["a"] or places[0]

    def discovers_by_pdu(self):
        code, places = discover_by_pdu(self.options.login_pdu, self.options.chunk)
        require(code == 0 and places[0][0] and places[0][1], code, places)
        self.place["b"] = self.place["b"] or places[0]

    def is_refused_before_login(self):
        for name in self.EARLY:
            client = Stranger(*self.place["a"], chunk=self.options.chunk)
            seq = client.send(name, protocol().blank(name))
            error = client.expect("TbError")
            require(error["code"] == protocol().values["ERROR_NOT_LOGGED_IN"], name, error)
            require(error["command_id"] == protocol().command_of[name] and error["seq_num"] == seq, name, error)
            client.close()

    def logs_in(self):
        self.a = Stranger(*self.place["a"], chunk=self.options.chunk)
        self.b = Stranger(*self.place["b"], chunk=self.options.chunk)
        first = self.a.log_in(self.options.user_a, self.options.password)
        self.b.log_in(self.options.user_b, self.options.password)
        require(first["user_info"]["user_domain"] == self.options.user_a and self.a.user_id != self.b.user_id, first)

    def heartbeats_are_echoed(self):
        body = self.a.expect_raw("IMHeartBeat", seq=self.a.send("IMHeartBeat", {}))[3]
        require(body == b"", body)
        full = self.a.ask("IMHeartBeat", {"want_status": True}, "IMHeartBeat")
        require("server_time" in full and "unread_total" in full, full)

    def starts_with_all_read(self):
        latest = self.b.ask("IMGetLatestMsgIdReq", self.conversation(self.b, self.a), "IMGetLatestMsgIdRsp")
        self.base = self.newest = latest["latest_msg_id"]
        if self.base:
            self.read_up_to(self.base)

    def sends_and_is_acked(self):
        self.newest = self.expect_ack(self.a.send("IMMsgData", self.message(self.text, self.key)))
        require(self.newest == self.base + 1, self.newest, self.base)

    def receives_and_acks(self):
        self.expect_delivery(self.text, self.newest)
        self.b.send("IMMsgDataAck", {**self.conversation(self.b, self.a), "msg_id": self.newest})

    def a_resend_has_the_same_id(self):
        msg_id = self.expect_ack(self.a.send("IMMsgData", self.message(self.text, self.key)))
        require(msg_id == self.newest, msg_id, self.newest)

    def unread_is_one(self):
        unread = self.unread_of_a()
        require(unread and unread["unread_cnt"] == 1 and unread["latest_msg_data"] == self.text, unread)

    def read_is_zero(self):
        self.read_up_to(self.newest)

    def resend_came_once(self):
        """The next message is the next that comes: so the resend was not delivered before it."""
        self.newest = self.expect_ack(self.a.send("IMMsgData", self.message(b"next", random.getrandbits(64))))
        require(self.newest == self.base + 2, self.newest, self.base)
        self.expect_delivery(b"next", self.newest)
        self.read_up_to(self.newest)

    def recent_sessions(self):
        for who, peer in ((self.a, self.b), (self.b, self.a)):
            request = {"user_id": who.user_id, "latest_update_time": 0}
            answer = who.ask("IMRecentContactSessionReq", request, "IMRecentContactSessionRsp")
            found = [s for s in answer["contact_session_list"] if s["session_id"] == peer.user_id]
            require(len(found) == 1 and found[0]["latest_msg_id"] == self.newest, answer)
            require(found[0]["latest_msg_data"] == b"next", found)
            require(found[0]["latest_msg_from_user_id"] == self.a.user_id, found)

    def lists_messages(self):
        for begin, first in ((0, self.newest), (self.newest - 1, self.newest - 1)):
            request = {**self.conversation(self.b, self.a), "msg_id_begin": begin, "msg_cnt": 2}
            answer = self.b.ask("IMGetMsgListReq", request, "IMGetMsgListRsp")
            ids = [message["msg_id"] for message in answer["msg_list"]]
            require(ids == [i for i in (first, first - 1) if i > 0], ids)
            require({m["from_session_id"] for m in answer["msg_list"]} <= {self.a.user_id, self.b.user_id}, answer)

    def gets_by_id(self):
        request = {**self.conversation(self.a, self.b), "msg_id_list": [self.base + 1, self.newest + 1000]}
        answer = self.a.ask("IMGetMsgByIdReq", request, "IMGetMsgByIdRsp")
        got = [(message["msg_id"], message["msg_data"]) for message in answer["msg_list"]]
        require(got == [(self.base + 1, self.text)], got)

    def gets_the_latest_id(self):
        answer = self.a.ask("IMGetLatestMsgIdReq", self.conversation(self.a, self.b), "IMGetLatestMsgIdRsp")
        require(answer["latest_msg_id"] == self.newest, answer)

    def server_time(self):
        answer = self.a.ask("IMClientTimeReq", {}, "IMClientTimeRsp")
        require(abs(answer["server_time"] - time.time()) < 300, answer)

    def users_info(self):
        request = {"user_id": self.a.user_id, "user_id_list": [self.b.user_id, 0xFFFFFFF0]}
        answer = self.a.ask("IMUsersInfoReq", request, "IMUsersInfoRsp")
        names = [info["user_domain"] for info in answer["user_info_list"]]
        require(names == [self.options.user_b], answer)

    def all_users(self):
        answer = self.a.ask("IMAllUserReq", {"user_id": self.a.user_id, "latest_update_time": 0}, "IMAllUserRsp")
        require({self.a.user_id, self.b.user_id} <= {info["user_id"] for info in answer["user_list"]}, answer)

    def users_status(self):
        request = {"user_id": self.a.user_id, "user_id_list": [self.b.user_id]}
        online = {"user_id": self.b.user_id, "status": protocol().values["USER_STATUS_ONLINE"]}
        deadline = time.monotonic() + TIMEOUT
        answer = self.a.ask("IMUsersStatReq", request, "IMUsersStatRsp")
        # The news of a login takes a moment to reach the other servers.
        while answer["user_stat_list"] != [online] and time.monotonic() < deadline:
            answer = self.a.ask("IMUsersStatReq", request, "IMUsersStatRsp")
        require(answer["user_stat_list"] == [online], answer)

    def pipelines(self):
        texts = [f"{number} {self.key}".encode() for number in range(self.options.pipeline)]
        sent = [(self.a.next_seq(), self.message(text, random.getrandbits(64))) for text in texts]
        self.a.write(b"".join(protocol().pdu("IMMsgData", message, seq) for seq, message in sent))
        for place, (seq, _) in enumerate(sent, 1):
            _, got_seq, ack, _ = self.a.expect_raw("IMMsgDataAck")
            require(got_seq == seq and ack["msg_id"] == self.newest + place, got_seq, seq, ack)
        for place, text in enumerate(texts, 1):
            self.expect_delivery(text, self.newest + place)
        self.newest += len(texts)
        self.read_up_to(self.newest)

    def logs_out(self):
        for client in (self.a, self.b):
            answer = client.ask("IMLogoutReq", {}, "IMLogoutRsp")
            require(answer["result_code"] == 0, answer)
            client.expect_close()
            client.close()


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    parser = argparse.ArgumentParser(description="Walks through PROTOCOL.md as a client that knows nothing else.")
    for flag in ("--login-http", "--login-pdu"):
        parser.add_argument(flag, type=address, required=True, metavar="HOST:PORT")
    for flag in ("--msg-a", "--msg-b"):
        parser.add_argument(flag, type=address, metavar="HOST:PORT", help="instead of the server that was named")
    for flag in ("--user-a", "--user-b", "--password"):
        parser.add_argument(flag, required=True)
    parser.add_argument("--chunk", type=int, default=0, help="bytes a write; default: all at once")
    parser.add_argument("--pipeline", type=int, default=0, help="messages to send in one write")
    walk = Walk(parser.parse_args())
    for step in walk.steps():
        name = step.__name__.replace("_", " ")
        try:
            step()
        except (Failure, OSError, ValueError, LookupError) as why:
            print(f"FAIL {name}: {why or type(why).__name__}", flush=True)
            return 1
        print(f"ok   {name}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
