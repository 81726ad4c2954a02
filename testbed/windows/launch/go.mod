module go-deps-action/testbed/windows/launch

go 1.24
