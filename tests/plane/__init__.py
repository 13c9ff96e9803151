"""A real Kubernetes control plane on loopback, for tests, benchmarks and the demo.

The law: nothing here is a stand-in.  The API server, the controllers and the scheduler are the real programs, and what
they did is read from them, never from Syncline's own client.
"""
