#!/bin/sh
# Makes the passwords and the key of one installation, once: what is there already is never changed.
# $1: folder of the database server, $2: folder of the service, $3: user and group of the service.
set -eu
umask 077

random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# A file is there as a whole or not at all. It belongs to whom it is for, before it has its name.
keep() { # file owner mode text
  [ ! -s "$1" ] || return 0
  # One that was cut off is its user's already, and may only be read.
  rm -f "$1.new"
  printf '%s\n' "$4" > "$1.new"
  chmod "$3" "$1.new"
  chown "$2" "$1.new"
  mv "$1.new" "$1"
  echo "made $1"
}

# The server's own start reads its passwords under two users; its folder is mounted nowhere else.
keep "$1/root_password" 0:0 0444 "$(random)"
keep "$1/password" 0:0 0444 "$(random)"
keep "$2/database_url" "$3" 0400 "mysql://jobmount:$(cat "$1/password")@mysql:3306/jobmount"
keep "$2/secret_key" "$3" 0400 "$(random)"
