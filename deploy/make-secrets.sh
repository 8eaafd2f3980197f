#!/bin/sh
# Make what docker-compose.yml takes as secrets, as far as it is missing; what is there stays.
#
#   deploy/make-secrets.sh [FOLDER]            FOLDER: ./secrets by default
#
# The folder is closed to everybody else (0700); the files in it can be read (0444), because each container has its own
# user and sees only the files that it is given. The certificates are to begin with: put your own in their place.
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"
chmod 0700 "$folder"
cd "$folder"

keep() { # keep NAME: write standard input to NAME, whole or not at all, unless it is there
    if [ -s "$1" ]; then
        cat >/dev/null
    else
        cat >".$1.partial"
        chmod 0444 ".$1.partial"
        mv ".$1.partial" "$1"
    fi
}

printf 'k1:%s\n' "$(openssl rand -base64 32)" | keep fengqiao_key
openssl rand -hex 32 | keep admin_token
openssl rand -hex 32 | keep metrics_token
openssl rand -hex 24 | keep postgres_password
printf 'requirepass %s\n' "$(openssl rand -hex 24)" | keep redis_auth
printf 'postgresql://fengqiao:%s@postgres:5432/fengqiao\n' "$(cat postgres_password)" | keep database_url
printf 'redis://:%s@redis:6379/0\n' "$(sed 's/^requirepass //' redis_auth)" | keep redis_url

if [ ! -s tls_key ] || [ ! -s tls_certificate ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
        -subj "/CN=${FENGQIAO_HOST_NAME:-localhost}" -addext "subjectAltName=DNS:${FENGQIAO_HOST_NAME:-localhost}" \
        -keyout .tls_key.new -out .tls_certificate.new 2>/dev/null
    rm -f tls_key tls_certificate
    keep tls_key <.tls_key.new
    keep tls_certificate <.tls_certificate.new
    rm -f .tls_key.new .tls_certificate.new
fi
if [ ! -s client_ca ]; then
    # The authority that partners' certificates come from: this one to begin with. Its key signs them; keep it apart.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Fengqiao client CA" \
        -keyout client_ca_key -out .client_ca.new 2>/dev/null
    chmod 0400 client_ca_key
    keep client_ca <.client_ca.new
    rm -f .client_ca.new
fi
echo "secrets are in $PWD; back up fengqiao_key apart from everything else"
