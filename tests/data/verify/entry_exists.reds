module "entry exists" // error: E0113 the module has no graph
