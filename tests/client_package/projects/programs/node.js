// Arguments: the server's address, and "ws" to use that package's WebSocket.
import process from "node:process";
import { roundTrip } from "./round_trip.js";

const [url, socket] = process.argv.slice(2);
const given = socket === "ws" ? { WebSocket: (await import("ws")).WebSocket } : {};
console.log(JSON.stringify(await roundTrip({ url, ...given })));
