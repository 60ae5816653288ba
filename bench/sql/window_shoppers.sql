SELECT uh FROM {activity}
WHERE event = {Ticket Purchased} AND day <= {as_of}
   OR event = {Front Row Viewed} AND day BETWEEN {as_of} - 89 AND {as_of}
GROUP BY uh
HAVING sum(n) FILTER (event = {Front Row Viewed}) >= 2
   AND count(*) FILTER (event = {Ticket Purchased}) = 0
ORDER BY uh
