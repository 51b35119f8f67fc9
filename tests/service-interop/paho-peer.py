"""Asks a service, or is one. Arguments: port, version (4 or 5), "ask" or "answer", topic, data as JSON (of "ask").

Version 5: Response Topic, Correlation Data and the plain data. Version 4: NestJS's envelope and `<topic>/reply`.
Prints "ready" once it answers, and the answer to what it asked.
"""

import json
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port, version, part, topic = sys.argv[1:5]
is5 = version == "5"
data = json.loads(sys.argv[5]) if part == "ask" else None
answers = "paho/answers" if is5 else topic + "/reply"


def say(text):
    print(text, flush=True)


def ask(client):
    if is5:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = answers
        properties.CorrelationData = b"paho"
        client.publish(topic, json.dumps(data), 1, properties=properties)
    else:
        client.publish(topic, json.dumps({"pattern": topic, "data": data, "id": "paho"}), 1)


def on_subscribe(client, *_):
    if part == "ask":
        ask(client)
    else:
        say("ready")


def on_message(client, _, message):
    received = json.loads(message.payload)
    if part == "ask":
        if not is5:
            say(json.dumps(received["response"]))
        elif message.properties.CorrelationData == b"paho":
            say(json.dumps(received))
        client.disconnect()
    elif is5:
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = message.properties.CorrelationData
        client.publish(message.properties.ResponseTopic, json.dumps(len(received)), 1, properties=properties)
    else:
        reply = {"response": len(received["data"]), "isDisposed": True, "id": received["id"]}
        client.publish(message.topic + "/reply", json.dumps(reply), 1)


client = mqtt.Client(protocol=int(version))
client.on_connect = lambda *_: client.subscribe(answers if part == "ask" else topic, 1)
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect("127.0.0.1", int(port))
client.loop_forever()
