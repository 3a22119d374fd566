"""State in Postgres, for many machines. Without the extra ``postgres`` nothing here brings psycopg."""
