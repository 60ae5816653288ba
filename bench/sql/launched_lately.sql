SELECT uh FROM {activity}
WHERE event = {App Launched} AND day BETWEEN {as_of} - 29 AND {as_of}
GROUP BY uh HAVING sum(n) >= 3
ORDER BY uh
