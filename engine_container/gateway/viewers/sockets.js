Redoc.init("/api/v1/asyncapi.json", {}, document.getElementById("sockets"));
