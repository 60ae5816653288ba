SELECT uh FROM {activity}
WHERE event = {Ticket Purchased} AND day <= {as_of}
GROUP BY uh HAVING min(day) >= {as_of} - 29
ORDER BY uh
