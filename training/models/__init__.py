"""The models that can be the student: those on this machine, on the hub, and behind endpoints on loopback.

``catalogue`` knows what is worth having, ``hub`` and ``download`` bring it, ``store`` keeps it, ``header``
says what a file is, ``calibration`` what it can do on this machine, ``discovery`` what is served here.
"""
