SELECT uh FROM {activity}
WHERE event = {App Launched} AND day <= {as_of}
GROUP BY uh
HAVING count(DISTINCT day) >= 5 AND max(day) <= {as_of} - 60
ORDER BY uh
