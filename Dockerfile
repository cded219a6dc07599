# The dashboard, installed from a wheel that the first stage builds.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY store store
COPY loaders loaders
COPY dashboard dashboard
RUN python -m hatchling build --target wheel --directory /wheels

FROM python:3.13-slim-bookworm
COPY --from=build /wheels /wheels
COPY constraints.txt /wheels/
RUN pip install --no-cache-dir --constraint /wheels/constraints.txt --find-links /wheels "provgraph[dashboard]" \
 && rm -r /wheels
RUN useradd --create-home --uid 10001 provgraph
USER provgraph
WORKDIR /home/provgraph
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# Inside its container the dashboard listens on every address; who may reach the container is decided outside.
CMD ["provgraph", "dashboard", "--no-browser", "--host", "0.0.0.0", "--port", "8501"]
