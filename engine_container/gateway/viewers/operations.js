SwaggerUIBundle({
  dom_id: "#operations",
  urls: [
    { name: "Trading", url: "/api/v1/openapi.json" },
    { name: "Accounts", url: "/api/auth/openapi.json" },
    { name: "Wallet", url: "/api/wallet/openapi.json" },
  ],
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false, // a token does not outlive its page
  validatorUrl: null, // the document is sent nowhere
});
