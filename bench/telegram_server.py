"""A Bot API server in a process of its own: `python -m bench.telegram_server PEOPLE`.

Prints one line of JSON: base_url, token, people; everybody has written once. Ends with its input.
"""

import asyncio
import json
import sys

from connectors.telegram.sandbox_server import BotApiServer


async def serve(count: int) -> None:
    server = BotApiServer()
    await server.start()
    people = [server.person(f"Person {number}") for number in range(count)]
    for person in people:
        await person.starts()
    told = {
        "base_url": server.base_url,
        "token": server.token,
        "people": [person.id for person in people],
    }
    print(json.dumps(told), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
