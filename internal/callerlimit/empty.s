// This file lets callerlimit.go declare a function without a body.
