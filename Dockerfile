# docker build -t one-api . && docker run -p 3000:3000 -v ./one-api:/data one-api
FROM python:3.11-slim-bookworm AS page
WORKDIR /src
COPY requirements-node.lock ./
RUN python -m venv .venv
COPY tools/build_web.sh tools/
COPY web web
RUN mkdir -p src/oneapi/web && tools/build_web.sh .venv

FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /src
COPY requirements.lock requirements-compile.lock ./
RUN python -m venv --without-pip /opt/one-api \
    && pip --python /opt/one-api/bin/python install --no-cache-dir --no-deps --require-hashes -r requirements.lock \
    && pip install --no-cache-dir --no-deps --require-hashes -r requirements-compile.lock
COPY tools/compile.py tools/training.py tools/
COPY src src
COPY --from=page /src/src/oneapi/web/dist src/oneapi/web/dist
RUN python tools/compile.py /compiled \
    && cp -r /compiled/. /opt/one-api/lib/python3.11/site-packages/ \
    && /opt/one-api/bin/python -m compileall -q /opt/one-api/lib

FROM python:3.11-slim-bookworm
COPY --from=build /opt/one-api /opt/one-api
WORKDIR /data
EXPOSE 3000
ENV PYTHONUNBUFFERED=1
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s CMD ["/opt/one-api/bin/python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + (os.environ.get('PORT') or '3000') + '/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/one-api/bin/python", "-m", "oneapi"]
