import { roundTrip } from "./round_trip.js";

globalThis.result = roundTrip({ url: new URL(location.href).searchParams.get("server") });
