#!/bin/sh
# Prints what runs, where it is and how to stop it: the last lines of `try`, and the log of `ready`, in docker-compose.yml.
set -eu

case $PAGE_PORT in
  0) page='run this for its address: docker compose port latchkey 9464' ;;
  *) page=http://localhost:$PAGE_PORT ;;
esac

cat <<END
Latchkey, its broker and its database are running. (With docker-compose 1.29, write docker-compose.)

  The fleet page   $page
      password:    docker compose run --rm -T --entrypoint cat cli /operator/page.password
  The broker       $BROKER_HOST:$BOOTSTRAP_PORT for requests, $BROKER_HOST:$DEVICE_PORT for devices with a certificate
  The registry     docker compose exec postgres psql -U operator latchkey
  A device         docker compose run --rm cli enroll device 12345 --generate-key 12345.key
                   docker compose run --rm device provision 12345 --key-file 12345.key --dir 12345
  Stop             docker compose down       keeps all data; with -v it deletes all data
END
