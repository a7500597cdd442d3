"""What several programs need.

private_daemon, searching, restrictions, waiting    a daemon of one's own, searches in any, and waits for room there
backend, models, net_check, kernels                 what evaluates, and whether it does so rightly
options, settings, katago_config                    what people ask for
records, files, npz                                 what is read and written
errors, figures, interrupts, progress, status_view  what people see, and how they end it
workers                                             how many processes at once
"""
