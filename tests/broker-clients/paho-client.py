"""A client of Eclipse Paho for Python that does what it reads from standard input; the lines are in program-client.ts."""
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port, version, client_identifier, clean_start, will_topic, will_payload = sys.argv[1:7]
version = int(version)
clean_start = clean_start == "1"
output = threading.Lock()


def say(*fields):
    with output:
        print("\t".join(str(field) for field in fields), flush=True)


def user_properties(properties):
    return dict(getattr(properties, "UserProperty", [])) if properties else {}


def on_message(_client, _data, message):
    properties = getattr(message, "properties", None)
    say(
        "message",
        message.topic,
        message.qos,
        int(message.retain),
        message.payload.decode(),
        getattr(properties, "ContentType", ""),
        user_properties(properties).get("trace", ""),
    )


if version == 5:
    client = mqtt.Client(client_identifier, protocol=version)
else:
    client = mqtt.Client(client_identifier, clean_session=clean_start, protocol=version)
client.reconnect_delay_set(0.01, 0.1)
client.max_inflight_messages_set(100)
client.on_message = on_message
client.on_connect = lambda _client, _data, flags, *_: say("connected", flags["session present"])
client.on_disconnect = lambda *_: say("lost")
client.on_subscribe = lambda _client, _data, _identifier, codes, *_: say(
    "subscribed", codes[0].value if version == 5 else codes[0]
)
client.on_unsubscribe = lambda *_: say("unsubscribed")

client.on_publish = lambda _client, _data, identifier: say("published", identifier)
if will_topic:
    client.will_set(will_topic, will_payload, qos=1)
if version == 5:
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 60
    client.connect("127.0.0.1", int(port), clean_start=clean_start, properties=properties)
else:
    client.connect("127.0.0.1", int(port))
client.loop_start()

for line in sys.stdin:
    command, *fields = line.rstrip("\n").split("\t")
    if command == "subscribe":
        client.subscribe(fields[0], int(fields[1]))
    elif command == "unsubscribe":
        client.unsubscribe(fields[0])
    elif command == "publish":
        name, topic, qos, retain, payload, content_type, trace = fields
        properties = None
        if version == 5 and content_type:
            properties = Properties(PacketTypes.PUBLISH)
            properties.ContentType = content_type
            properties.UserProperty = ("trace", trace)
        say("taken", name, client.publish(topic, payload, int(qos), retain == "1", properties).mid)
    elif command == "disconnect":
        break

client.on_disconnect = None
client.disconnect()
client.loop_stop()
