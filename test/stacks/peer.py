"""
The same node as peer.mjs, on aiortc: `python3 peer.py http://127.0.0.1:16881`.
"""

import asyncio
import json
import os
import re
import sys
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription

OPEN_PATIENCE = 5  # seconds
ATTEMPTS = 3
ID_BYTES = 20
ID = os.urandom(ID_BYTES)
URL = sys.argv[1]
EXTENSIONS = [b"introduce", b"route"]
connections = []  # else they are collected as garbage
neighbours = {}  # by their ids


def say(**line):
    print(json.dumps(line), flush=True)


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"


def decode(data):
    value, end = decode_at(data, 0)
    if end != len(data):
        raise ValueError("more behind the value")
    return value


def decode_at(data, at):
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = decode_at(data, at)
            items.append(item)
        if kind == b"l":
            return items, at + 1
        return {key.decode(): item for key, item in zip(items[::2], items[1::2])}, at + 1
    start = data.index(b":", at) + 1
    end = start + int(data[at : start - 1])
    return data[start:end], end


def create_connection():
    connection = RTCPeerConnection()
    connections.append(connection)
    return connection


def signal_of(connection):
    description = connection.localDescription
    return {"id": ID, "type": description.type, "sdp": description.sdp, "extensions": EXTENSIONS}


async def offer():
    """A connection with a channel of its own: its signal, and what takes the answer and gives the channel once it is open."""
    connection = create_connection()
    channel = connection.createDataChannel("peer")
    opened = asyncio.get_running_loop().create_future()
    channel.on("open", lambda: opened.done() or opened.set_result(channel))
    await connection.setLocalDescription(await connection.createOffer())

    async def accept(sdp):
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        return await opened

    return signal_of(connection), accept


async def answer(sdp, use):
    connection = create_connection()
    connection.on("datachannel", use)
    await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await connection.setLocalDescription(await connection.createAnswer())
    return signal_of(connection)


async def tried(work):
    """What a node does too: a connection that does not open in time is tried again. `work` gets the `ice-ufrag` of its offer before."""
    lost = None
    for attempt in range(ATTEMPTS):
        signal, accept = await offer()
        try:
            return await asyncio.wait_for(work(signal, accept, lost), OPEN_PATIENCE)
        except Exception:
            if attempt == ATTEMPTS - 1:
                raise
            lost = re.search(r"^a=ice-ufrag:(\S+)", signal["sdp"], re.M).group(1)


class Neighbour:
    """A connection of the DHT."""

    def __init__(self, channel):
        self.channel = channel
        self.waiting = {}
        self.next = 0
        channel.on("message", lambda data: asyncio.ensure_future(self.received(data)))

    def query(self, method, **args):
        return self.ask(method, args, self.send)

    def query_over(self, path, method, **args):
        """Asks the node at the end of a path over this neighbour."""
        return self.ask(method, args, lambda message: self.send_frame(path, message))

    async def meet(self):
        """Asks who is there, and passes frames on to it from now on."""
        node = (await self.query("ping"))["id"]
        neighbours[node] = self
        return node

    async def ask(self, method, args, send):
        transaction = b"%d" % self.next
        self.next += 1
        reply = self.waiting[transaction] = asyncio.get_running_loop().create_future()
        send({"t": transaction, "y": "q", "q": method, "a": {"id": ID, **args}})
        return await reply

    def send(self, message):
        self.channel.send(encode(message))

    def send_frame(self, path, message, transaction=None):
        frame = {"d": encode(message), "i": 1, "p": b"".join(path), "t": transaction or message["t"], "y": "f"}
        self.send(frame)

    async def received(self, data):
        if data[:1] == b"{":
            return  # server info
        message = decode(data)
        if "p" not in message:
            return await self.take(message, self.send)
        path = [message["p"][at : at + ID_BYTES] for at in range(0, len(message["p"]), ID_BYTES)]
        if message["i"] < len(path) - 1:
            self.pass_on(path, message)
        elif "d" in message:
            back = path[::-1]
            await self.take(decode(message["d"]), lambda answer: self.send_frame(back, answer, message["t"]))

    def pass_on(self, path, message):
        at = message["i"]
        if path[at + 1] in neighbours:
            neighbours[path[at + 1]].send({**message, "i": at + 1})
        elif "d" in message:
            self.send({"e": 404, "i": 1, "p": b"".join(path[at::-1]), "t": message["t"], "y": "f"})

    async def take(self, message, respond):
        if message["y"] == b"q":
            values = await reply_to(message["q"].decode(), message["a"])
            respond({"t": message["t"], "y": "r", "r": {"id": ID, **values}})
        elif message["t"] in self.waiting:
            self.waiting.pop(message["t"]).set_result(message.get("r", {}))


async def reply_to(method, args):
    if method == "dial":
        return {"signal": await answer(args["signal"]["sdp"].decode(), echo)}
    if method == "peer_connection" and "target" not in args:
        return {"signal": await answer(args["signal"]["sdp"].decode(), meet)}
    if method in ("find_node", "get_peers", "get"):
        return {"nodes": b"", "token": b"token"}
    return {}


def meet(channel):
    async def ask():
        say(met=(await neighbour.meet()).hex())

    neighbour = Neighbour(channel)
    asyncio.ensure_future(ask())


def echo(channel):
    def on_message(data):
        channel.send(data)
        say(called=data.decode() if isinstance(data, bytes) else data)

    channel.on("message", on_message)


async def join():
    async def work(signal, accept, lost):
        body = {**signal, "id": ID.hex(), "extensions": [name.decode() for name in EXTENSIONS]}
        request = urllib.request.Request(URL, json.dumps(body).encode())
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(None, lambda: urllib.request.urlopen(request).read())
        return Neighbour(await accept(json.loads(response)["sdp"]))

    node = await tried(work)
    joined_at = await node.meet()
    say(joined=ID.hex())
    return node, joined_at


async def introduce(node, target):
    """Has the node introduce this peer to another one."""

    async def work(signal, accept, lost):
        reply = await node.query("peer_connection", signal=signal, target=bytes.fromhex(target))
        return Neighbour(await accept(reply["signal"]["sdp"].decode()))

    other = await tried(work)
    say(introduced=(await other.meet()).hex())


async def route(node, joined_at, target):
    """Asks a node over the one at which this peer has joined."""
    reply = await node.query_over([ID, joined_at, bytes.fromhex(target)], "ping")
    say(routed=reply["id"].hex())


async def dial(node, said):
    """Dials the node itself, whose application says back what it is told."""

    async def work(signal, accept, lost):
        more = {"replaces": lost} if lost else {}
        reply = await node.query("dial", protocol="echo", signal={**signal, "extensions": []}, **more)
        return await accept(reply["signal"]["sdp"].decode())

    channel = await tried(work)
    channel.on("message", lambda data: say(dialled=data.decode() if isinstance(data, bytes) else data))
    channel.send(said.encode())


async def main():
    node, joined_at = await join()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        if "introduce" in command:
            asyncio.ensure_future(introduce(node, command["introduce"]))
        elif "route" in command:
            asyncio.ensure_future(route(node, joined_at, command["route"]))
        else:
            asyncio.ensure_future(dial(node, command["dial"]))
    os._exit(0)


asyncio.run(main())
