"""Does what it reads, line by line, with a WebSocket client that nobody here wrote, and tells what came.

Each line of the input is a list of steps for one port, as JSON; each line of the output is what each step
saw. The client is Python's `websockets`.
"""

import asyncio
import json
import re
import sys
import urllib.parse

import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.protocol import State

PATIENCE = 30
ID = re.compile(r"[A-Za-z0-9_-]{15}=")


def text_of(frame):
    """A frame with ids as their places: they differ each time."""
    names = iter(["<connection>", "<request>"])
    return ID.sub(lambda _: next(names), frame) if ID.search(frame) else frame


async def connect(port, path="/", protocols=None, origin=None, reply=None):
    if reply is not None:
        path += "?reply=" + urllib.parse.quote(json.dumps(reply), safe="")
    try:
        client = await websockets.connect(
            f"ws://127.0.0.1:{port}{path}",
            subprotocols=protocols,
            origin=origin,
            compression=None,
            proxy=None,
            open_timeout=PATIENCE,
            close_timeout=PATIENCE,
            ping_interval=None,
        )
    except InvalidStatus as refused:
        return None, f"refused {refused.response.status_code}"
    return client, " ".join(["open"] + ([client.subprotocol] if client.subprotocol else []))


async def read(client):
    try:
        return text_of(await asyncio.wait_for(client.recv(), PATIENCE))
    except ConnectionClosed as closed:
        return f"closed {closed.rcvd.code}" if closed.rcvd else "lost"


async def act(client, step):
    """One step of a client that is connected."""
    name, *arguments = step
    if name == "read":
        return await read(client)
    if name == "send":
        await client.send(arguments[0])
    elif name == "send_json":
        await client.send(json.dumps(arguments[0]))
    elif name == "send_long":
        await client.send("a" * arguments[0])
    elif name == "send_parts":
        await client.send("a" * size for size in arguments[0])
    elif name == "send_bytes":
        await client.send(b"bytes")
    elif name == "ping":
        for _ in range(arguments[0]):
            pong = await client.ping()
        await asyncio.wait_for(pong, PATIENCE)
    elif name == "close":
        await client.close(*arguments)
    elif name == "kill":
        client.transport.abort()
    else:
        raise ValueError(name)
    return name


async def crowd(port, size):
    """So many clients at a time: each hears an answer, half of them say goodbye and the others are gone."""
    clients = [client for client, _ in await asyncio.gather(*(connect(port) for _ in range(size)))]

    async def visit(number, client):
        await client.send(json.dumps({"action": f"number-{number}"}))
        heard = json.loads(await asyncio.wait_for(client.recv(), PATIENCE))
        if number % 2:
            await client.close()
        else:
            client.transport.abort()
        return heard["route"] == f"number-{number}"

    answers = await asyncio.gather(*(visit(*pair) for pair in enumerate(clients)))
    return f"{sum(answers)} answered"


async def play(port, steps):
    client, told = None, []
    for step in steps:
        name = step[0]
        try:
            if name == "connect":
                client, what = await connect(port, **(step[1] if len(step) > 1 else {}))
            elif name == "crowd":
                what = await crowd(port, step[1])
            else:
                what = await act(client, step)
        except ConnectionClosed as closed:
            what = f"closed {closed.rcvd.code}" if closed.rcvd else "lost"
        told.append(what)
    if client is not None and client.state is State.OPEN:
        await client.close()
    return told


async def main():
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps(await play(case["port"], case["steps"])), flush=True)


asyncio.run(main())
