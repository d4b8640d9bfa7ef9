"""How points are earned and what they grant: changed by admins, who see first what that would do."""
