module attacks

go 1.26
