"""Registers two people, sends, lists, reacts and uploads with the generated Python client."""

import json
import sys

from openapi_client import ApiClient, Configuration, api, models


def client(url, token=None):
    return ApiClient(Configuration(host=url, access_token=token))


def register(url, name):
    request = models.AuthRegisterRequest(
        username=name, email=f"{name}@example.org", password="correct horse battery"
    )
    return api.AuthenticationApi(client(url)).auth_register(request)


def main(url, prefix):
    ann, bob = register(url, f"{prefix}ann"), register(url, f"{prefix}bob")
    mine = client(url, ann.access_token)
    media = api.MediaApi(mine).media_upload(file=("hello.txt", b"hello from python"))
    messages = api.MessagesApi(mine)
    sent = messages.message_send(
        models.MessageSendRequest(
            models.MessageToUser(
                recipient_id=bob.user.id, text="from python", media_ids=[media.id]
            )
        )
    )
    listed = messages.message_list(id=sent.chat_id, limit=10)
    reacted = messages.message_react(sent.id, models.MessageReactRequest(emoji="👍"))
    downloaded = api.MediaApi(mine).media_download(media_id=media.id)
    try:
        messages.message_list(id=ann.user.id)
        refused = None
    except Exception as error:
        refused = json.loads(error.body)["code"]
    print(json.dumps({
        "texts": [message.text for message in listed.items],
        "reaction": reacted.reactions[0].emoji,
        "size": media.size,
        "bytes": bytes(downloaded).decode(),
        "refused": refused,
    }))


main(sys.argv[1], sys.argv[2])
