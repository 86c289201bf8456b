// Publishes one reading as the demo's own air sensors do.
import mqtt from 'mqtt';

export async function publishReading(server, sensor, no2) {
  const id = sensor.id.split(':').pop();
  const client = await mqtt.connectAsync(server.mqtt, { protocolVersion: 5 });
  try {
    const reading = { id, time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), site: 'traffic', no2, o3: 40, pm10: 20, pm25: 10, unit: 'ug/m3', lat: sensor.lat, lon: sensor.lon, source: 'end-to-end test' };
    await client.publishAsync(`clairebeke/air/${id}/observation`, JSON.stringify(reading), { qos: 1 });
  } finally { await client.endAsync(); }
}
