SELECT name, digest FROM migrations.applied
