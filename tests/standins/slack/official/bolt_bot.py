"""A bot on slack_bolt that does with its workspace what the Rust test expects.

Usage: bolt_bot.py socket|http API_URL BOT_TOKEN APP_TOKEN SIGNING_SECRET
Prints one line when it is ready: "socket", or over HTTP the port it listens on. Ends when standard input does.
"""

import logging
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

MODE, API, BOT_TOKEN, APP_TOKEN, SECRET = sys.argv[1:6]
app = App(client=WebClient(token=BOT_TOKEN, base_url=f"{API}/"), signing_secret=SECRET)


def plain(text):
    return {"type": "plain_text", "text": text}


@app.command("/rds")
def rds(ack, respond, command, client):
    words = command["text"].split()
    if words == ["list"]:
        ack("Looking…")
        respond(text="1 database", response_type="in_channel")
    elif words == ["report"]:
        ack()
        client.files_upload_v2(channel=command["channel_id"], content="a,b\n1,2\n", filename="rows.csv", title="Rows")
    else:
        ack()
        client.views_open(trigger_id=command["trigger_id"], view=form(command["channel_id"]))


def form(channel):
    return {
        "type": "modal",
        "callback_id": "upgrade",
        "private_metadata": channel,
        "title": plain("Upgrade"),
        "submit": plain("Plan"),
        "blocks": [
            {
                "type": "input",
                "block_id": "database",
                "label": plain("Database"),
                "element": {"type": "external_select", "action_id": "database", "min_query_length": 0},
            },
            {
                "type": "input",
                "block_id": "why",
                "optional": True,
                "label": plain("Why"),
                "element": {"type": "plain_text_input", "action_id": "why"},
            },
        ],
    }


@app.options("database")
def databases(ack, payload):
    names = [name for name in ("billing", "orders") if payload["value"] in name]
    ack(options=[{"text": plain(name), "value": name} for name in names])


@app.view("upgrade")
def planned(ack, view, client, body):
    values = view["state"]["values"]
    why = values["why"]["why"]["value"]
    if not why:
        ack(response_action="errors", errors={"why": "Please say why."})
        return
    ack()
    database = values["database"]["database"]["selected_option"]["value"]
    client.chat_postMessage(
        channel=view["private_metadata"],
        text=f"Upgrade {database}",
        metadata={"event_type": "change", "event_payload": {"id": "CHG-1"}},
        blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{database}*: <@{body['user']['id']}> says {why}"}},
            {"type": "actions", "elements": [{"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "CHG-1"}]},
        ],
    )


@app.action("approve")
def approve(ack, body, client, respond):
    ack()
    email = client.users_info(user=body["user"]["id"])["user"]["profile"]["email"]
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=f"Approved by {email}", blocks=[])
    history = client.conversations_history(channel=body["channel"]["id"], include_all_metadata=True)
    change = next(one["metadata"]["event_payload"]["id"] for one in history["messages"] if "metadata" in one)
    respond(text=f"Thank you for {change}", replace_original=False)


@app.event("app_mention")
def mentioned(event, say):
    say(text=f"Hello <@{event['user']}>", thread_ts=event["ts"])


@app.event("message")
def written(event, say):
    if "bot_id" not in event:
        say(text=f"You said {event['text']}")


@app.event("reaction_added")
def reacted(event, client):
    item = event["item"]
    message = client.reactions_get(channel=item["channel"], timestamp=item["ts"], full=True)["message"]
    votes = next(one["count"] for one in message["reactions"] if one["name"] == event["reaction"])
    client.chat_postMessage(channel=item["channel"], thread_ts=item["ts"], text=f"{votes} so far")


@app.event("app_home_opened")
def home(event, client):
    view = {"type": "home", "blocks": [{"type": "header", "text": plain("Your changes")}]}
    client.views_publish(user_id=event["user"], view=view)


class Http(BaseHTTPRequestHandler):
    """Hands every POST to Bolt, whatever its path."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        answer = app.dispatch(BoltRequest(body=body, headers={key.lower(): value for key, value in self.headers.items()}))
        self.send_response(answer.status)
        for name, value in answer.first_headers_without_set_cookie().items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body.encode())

    def log_message(self, *_):
        """Nothing: standard output belongs to the test."""


if MODE == "socket":
    # The test sends nonsense on purpose; the client's complaints about it would only confuse.
    silent = logging.getLogger("socket")
    silent.setLevel(logging.CRITICAL)
    SocketModeHandler(app, APP_TOKEN, logger=silent).connect()
    print("socket", flush=True)
else:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
sys.stdin.read()
