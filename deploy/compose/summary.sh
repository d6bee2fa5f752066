#!/bin/sh
# What runs, where it is and how to stop it: the last lines of `try`, and what `ready` of docker-compose.yml logs.
set -eu

case $PAGE_PORT in
  0) page='the address that this prints: docker compose port latchkey 9464' ;;
  *) page=http://localhost:$PAGE_PORT ;;
esac

cat <<END
Latchkey, its broker and its database run (docker-compose 1.29: these commands with a hyphen).

  The fleet page   $page
      password:    docker compose run --rm -T --entrypoint cat cli /operator/page.password
  The broker       $BROKER_HOST:$BOOTSTRAP_PORT for a device's request, $BROKER_HOST:$DEVICE_PORT with its certificate
  The registry     docker compose exec postgres psql -U operator latchkey
  A device         docker compose run --rm cli enroll device 12345 --generate-key 12345.key
                   docker compose run --rm device provision 12345 --key-file 12345.key --dir 12345
  Stop             docker compose down       keeps everything; with -v it forgets everything
END
