-- Which tables the projections are, as whoever made them noted.
SELECT obj_description(to_regnamespace('projections'), 'pg_namespace')
