SELECT uh FROM {users} GROUP BY uh
HAVING coalesce(least(min(first_day), min(profile_day)), 0) <= {as_of}
ORDER BY uh
