import { init } from "/api/v1/docs/redoc.standalone.js";

// Without this it reports to its maker; the policies of page and front stop that as well.
init("/api/v1/asyncapi.json", { disableTelemetry: true }, document.getElementById("sockets"));
