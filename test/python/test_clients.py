"""Clients that others have written, unmodified, against a beffroi that runs.

ngsildclient creates, queries and subscribes, and its subscription is told of a
change (CIM 009, 5.6.1, 5.7.2, 5.8.1, 5.8.6); paho receives a notification over
MQTT (7.2) in both versions of the protocol.
"""

import json
import logging
import queue
import unittest

import paho.mqtt.client as mqtt
import requests
from ngsildclient import Client, Entity, SubscriptionBuilder

from server import beffroi, endpoint

logging.disable(logging.INFO)  # ngsildclient tells every request

# How long a notification may take on a machine that is busy with other tests.
PATIENCE = 60


class Ngsildclient(unittest.TestCase):
    def test_create_query_subscribe(self):
        with endpoint() as (port, arrived), beffroi("--outbound-allow", f"127.0.0.1:{port}") as (web, _):
            client = Client(hostname="127.0.0.1", port=web, verbose=False)
            for n, degrees in ((1, 19), (2, 21.5), (3, 24)):
                room = Entity("Room", str(n)).prop("temperature", degrees).prop("name", f"Büro {n}").loc((50.85, 4.35))
                self.assertTrue(client.create(room))
            self.assertTrue(client.exists("urn:ngsi-ld:Room:2"))
            self.assertEqual(client.get("urn:ngsi-ld:Room:2")["name"].value, "Büro 2")
            self.assertEqual([e.id for e in client.query(type="Room", q="temperature>20")], ["urn:ngsi-ld:Room:2", "urn:ngsi-ld:Room:3"])
            self.assertEqual(client.count(type="Room"), 3)

            sub = SubscriptionBuilder(f"http://127.0.0.1:{port}/").select_type("Room").watch(["temperature"]).description("warm rooms").build()
            sub_id = client.subscriptions.create(sub)
            self.assertTrue(client.subscriptions.exists(sub_id))
            warmer = Entity("Room", "2").prop("temperature", 27)
            self.assertTrue(client.update(warmer))
            headers, told = arrived.get(timeout=PATIENCE)
            self.assertEqual(told["type"], "Notification")
            self.assertEqual(told["subscriptionId"], sub_id)
            self.assertEqual(told["data"][0]["id"], "urn:ngsi-ld:Room:2")
            self.assertEqual(told["data"][0]["temperature"]["value"], 27)

            self.assertTrue(client.subscriptions.delete("warm"))
            self.assertFalse(client.subscriptions.exists(sub_id))
            self.assertTrue(client.delete(client.get("urn:ngsi-ld:Room:3")))
            self.assertEqual(client.count(type="Room"), 2)
            client.drop("Room")
            self.assertEqual(client.count(type="Room"), 0)


class Paho(unittest.TestCase):
    def receive(self, version, said):
        # The server's own listener carries the notification: to paho it is an
        # MQTT server like any other.
        with beffroi("--outbound-allow", "127.0.0.0/8") as (web, port):
            arrived, ready = queue.Queue(), queue.Queue()
            reader = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="reader", protocol=version)
            reader.on_connect = lambda c, *_: c.subscribe("out/#", qos=1)
            reader.on_subscribe = lambda *_: ready.put(True)
            reader.on_message = lambda _c, _u, m: arrived.put(m)
            reader.connect("127.0.0.1", port)
            reader.loop_start()
            try:
                ready.get(timeout=PATIENCE)
                base = f"http://127.0.0.1:{web}/ngsi-ld/v1"
                made = requests.post(f"{base}/subscriptions", json={
                    "type": "Subscription", "entities": [{"type": "Room"}],
                    "notification": {"endpoint": {
                        "uri": f"mqtt://127.0.0.1:{port}/out/rooms", "accept": "application/json",
                        "notifierInfo": [{"key": "MQTT-Version", "value": said}, {"key": "MQTT-QoS", "value": "1"}],
                        "receiverInfo": [{"key": "X-City", "value": "Roubaix"}],
                    }},
                }, timeout=PATIENCE)
                self.assertEqual(made.status_code, 201, made.text)
                made = requests.post(f"{base}/entities", json={"id": "urn:ngsi-ld:Room:1", "type": "Room", "temperature": 21.5}, timeout=PATIENCE)
                self.assertEqual(made.status_code, 201, made.text)
                message = arrived.get(timeout=PATIENCE)
            finally:
                reader.disconnect()
                reader.loop_stop()
            self.assertEqual(message.topic, "out/rooms")
            self.assertEqual(message.qos, 1)
            told = json.loads(message.payload)
            self.assertEqual(told["metadata"]["Content-Type"], "application/json")
            self.assertEqual(told["metadata"]["X-City"], "Roubaix")
            self.assertEqual(told["body"]["type"], "Notification")
            self.assertEqual(told["body"]["data"][0]["temperature"], {"type": "Property", "value": 21.5})

    def test_mqtt_5(self):
        self.receive(mqtt.MQTTv5, "mqtt5.0")

    def test_mqtt_3_1_1(self):
        self.receive(mqtt.MQTTv311, "mqtt3.1.1")


if __name__ == "__main__":
    unittest.main()
