FROM python:3.11-slim
WORKDIR /opt/guanxi
COPY requirements.txt pyproject.toml ./
RUN pip install --no-cache-dir --requirement requirements.txt "psycopg[binary]>=3.1"
COPY graph_loader graph_loader
COPY queries queries
COPY backend backend
COPY ui ui
COPY guanxi guanxi
RUN pip install --no-cache-dir --no-deps --editable . && useradd --system --create-home guanxi \
    && install --directory --owner guanxi /var/lib/guanxi
USER guanxi
EXPOSE 8000
CMD ["guanxi", "web", "--host", "0.0.0.0", "--port", "8000"]
