"""HTTP as all services speak it: operations and their documents for every service; requests and routing for the functions behind API Gateway."""
