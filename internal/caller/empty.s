// This file lets caller.go declare a function without a body, on architectures that have no entry.
