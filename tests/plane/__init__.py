"""A real Kubernetes control plane on loopback, for tests, benchmarks and the demo.

The law: nothing here is a stand-in.  The API server, controllers and scheduler are the real programs, and
what was done to them is read from them, never from Syncline's own client.
"""
