"""The management plane: `/api`, for people and scripts that administer.

`services.Services` is what it needs from outside; `app.create_app(services)` builds the FastAPI application and is
imported lazily, because a worker that only relays should not pay for it.
"""
